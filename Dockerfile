# Two steps: build the wheel with its assets, then install it beside its pinned dependencies.
FROM python:3.12-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE requirements.lock requirements-build.lock ./
COPY src src
COPY assets assets
COPY scripts scripts
# Dependencies first: building the assets imports the package.
RUN python -m venv /opt/soundforge \
 && /opt/soundforge/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.lock \
 && /opt/soundforge/bin/python scripts/build_assets.py \
 && /opt/build/bin/python -m hatchling build --target wheel \
 && /opt/soundforge/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.12-slim-bookworm
RUN useradd --create-home --home-dir /var/lib/soundforge soundforge
COPY --from=build /opt/soundforge /opt/soundforge
USER soundforge
ENV SFA_DATA_DIR=/var/lib/soundforge PATH=/opt/soundforge/bin:$PATH
VOLUME /var/lib/soundforge
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4000/health/live', timeout=3)"]
ENTRYPOINT ["sfa"]
CMD ["serve"]
