"""The layers of both Demucs networks in a form that stays in one memory layout.

As published, each residual branch of the spectrum's layers runs over ``(bins, channels, frames)``
while everything around it runs over ``(channels, bins, frames)``: in OpenVINO half of the time
went into moving numbers about, and into norms and gates that read a large array several times.
Here the channels stay where they are, and

- the norm before a gate is no pass over the large array: its mean and deviation follow from the
  few hidden channels that the array is made of, and applying it is two more of them;
- a gate (GLU) is two convolutions, not one that is cut in two afterwards;
- a transposed convolution leaves out what is cropped.

All of it is exact up to rounding; tests/parity holds the results against the published networks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def encode(self: Any, x: Tensor, inject: Tensor | None = None) -> Tensor:
    """Run one encoder layer (``HEncLayer.forward``)."""
    if not self.freq:
        if x.dim() == 4:
            x = x.view(x.shape[0], -1, x.shape[-1])
        if x.shape[-1] % self.stride:
            x = functional.pad(x, (0, self.stride - x.shape[-1] % self.stride))
    y = self.conv(x)
    if self.empty:
        return y
    if inject is not None:
        y = y + (inject[:, :, None] if inject.dim() < y.dim() else inject)
    y = functional.gelu(self.norm1(y))
    return gated(self.rewrite, self.norm2, _residuals(self.dconv, y, is_spectrum=self.freq))


def decode(self: Any, x: Tensor, skip: Tensor | None, length: int) -> tuple[Tensor, Tensor]:
    """Run one decoder layer (``HDecLayer.forward``)."""
    if self.freq and x.dim() == 3:
        x = x.view(x.shape[0], self.chin, -1, x.shape[-1])
    if self.empty:
        y = x
    else:
        y = gated(self.rewrite, self.norm1, x + skip)
        if self.dconv is not None:
            y = _residuals(self.dconv, y, is_spectrum=self.freq)
    if not self.freq:
        z = self.norm2(self.conv_tr(y))[..., self.pad : self.pad + length]
    elif self.pad:
        assert isinstance(self.norm2, nn.Identity)  # a norm would count what is left out here
        weight, bias = self.conv_tr.weight, self.conv_tr.bias
        z = functional.conv_transpose2d(y, weight, bias, self.conv_tr.stride, (self.pad, 0))
    else:
        z = self.norm2(self.conv_tr(y))
    return (z if self.last else functional.gelu(z)), y


def gated(conv: Any, norm: Any, x: Tensor) -> Tensor:
    """Convolve to twice the channels, norm, and let the second half say how much of the first."""
    if not isinstance(norm, nn.Identity):
        return functional.glu(norm(conv(x)), dim=1)
    return _gate(x, conv.weight, conv.bias, conv.padding)


def group_norm(self: Any, x: Tensor) -> Tensor:
    """Norm ``(1, steps, channels)`` over both (``MyGroupNorm.forward``, one group)."""
    assert self.num_groups == 1
    return functional.layer_norm(x, x.shape[1:], eps=self.eps) * self.weight + self.bias


def _residuals(branches: Any, x: Tensor, *, is_spectrum: bool) -> Tensor:
    """Add the residual branches, one after the other (``DConv.forward``)."""
    if all(len(branch) == 7 for branch in branches.layers):
        for branch in branches.layers:
            x = _plain_residual(branch, x)
        return x
    if not is_spectrum:
        return branches(x)  # type: ignore[no-any-return]
    _, channels, bins, frames = x.shape
    y = branches(x.permute(0, 2, 1, 3).reshape(-1, channels, frames))
    return y.view(1, bins, channels, frames).permute(0, 2, 1, 3)  # type: ignore[no-any-return]


def _plain_residual(branch: Any, x: Tensor) -> Tensor:
    """Add a branch without LSTM and attention to ``(1, channels, [bins,] frames)``."""
    narrow, norm, _, widen, last_norm, _, scale = branch
    is_2d = x.dim() == 4
    run = functional.conv2d if is_2d else functional.conv1d

    def kernel(weight: Tensor) -> Tensor:
        return weight[:, :, None] if is_2d else weight

    (step,), (pad,) = narrow.dilation, narrow.padding
    padding, dilation = ((0, pad), (1, step)) if is_2d else (pad, step)
    h = run(x, kernel(narrow.weight), narrow.bias, padding=padding, dilation=dilation)
    if is_2d:
        h = h[0].permute(1, 0, 2)  # each bin is normed by itself; these channels are few
    h = functional.gelu(functional.group_norm(h, 1, norm.weight, norm.bias, norm.eps))
    weight = widen.weight[:, :, 0]
    mean, spread = _moments(h, weight, widen.bias)
    h = functional.pad(h, (0, 0, 0, 1), value=1.0)
    h = torch.cat([h, mean.expand(-1, -1, h.shape[-1])], 1) * torch.rsqrt(spread + last_norm.eps)
    if is_2d:
        h = h.permute(1, 0, 2)[None]
    weight = torch.cat([weight, widen.bias[:, None], -torch.ones_like(widen.bias[:, None])], 1)
    weight = weight * last_norm.weight[:, None]
    strength = torch.cat([scale.scale, torch.ones_like(scale.scale)])
    weight, bias = weight * strength[:, None], last_norm.bias * strength
    return x + _gate(h, kernel(weight[:, :, None]), bias, 0)


def _gate(x: Tensor, weight: Tensor, bias: Tensor, padding: Any) -> Tensor:
    run = functional.conv2d if x.dim() == 4 else functional.conv1d
    halves = [int(weight.shape[0]) // 2] * 2
    (weight_a, weight_b), (bias_a, bias_b) = weight.split(halves), bias.split(halves)
    kept = run(x, weight_a, bias_a, padding=padding)
    return kept * torch.sigmoid(run(x, weight_b, bias_b, padding=padding))


def _moments(h: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance of ``weight @ h + bias`` without computing it.

    With the mean and covariance of the hidden channels ``h`` (rows, hidden, frames) over time,
    each output channel's mean is ``weight @ mean + bias`` and the sum of their variances is
    ``trace(weight @ covariance @ weight^T)``: sums of squares only, so nothing cancels. They are
    divided before they are summed: half precision ends at 65504.
    """
    outputs, hidden = (int(size) for size in weight.shape)
    middle = h.mean(-1, keepdim=True)
    centred = (h - middle) * _root(h.shape[-1])
    covariance = torch.matmul(centred, centred.transpose(1, 2))
    square = torch.matmul(weight.t(), weight) / outputs
    within = torch.matmul(covariance.reshape(-1, 1, hidden * hidden), square.reshape(-1, 1))
    mean_weight, mean_bias = weight.mean(0, keepdim=True), bias.mean()
    mean = torch.matmul(mean_weight, middle) + mean_bias
    between = torch.matmul(weight - mean_weight, middle) + (bias - mean_bias)[:, None]
    return mean, within + torch.square(between).mean(1, keepdim=True)


def _root(length: Any) -> Any:
    """Return ``length ** -0.5``; the length itself may be more than half precision holds."""
    return (length // 1024 + length % 1024 / 1024) ** -0.5 / 32
