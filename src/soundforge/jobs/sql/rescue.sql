-- One statement, so that two nodes cannot both rescue a queue job. An orphan is a job in
-- `doing` whose worker sends no heartbeat, or one its own process says it is not running.
-- After a restart of the server nobody could have sent a heartbeat: wait one grace period.
WITH orphan AS (
    SELECT j.id, j.abort_requested
    FROM procrastinate_jobs j
    WHERE j.status = 'doing'
      AND (
        j.id = ANY(:known_orphans)
        OR (
            pg_postmaster_start_time() < now() - make_interval(secs => :grace_s)
            AND NOT EXISTS (
                SELECT 1 FROM procrastinate_workers w
                WHERE w.id = j.worker_id
                  AND w.last_heartbeat > now() - make_interval(secs => :grace_s)
            )
        )
      )
    FOR UPDATE OF j SKIP LOCKED
)
UPDATE procrastinate_jobs j
SET status = (CASE WHEN o.abort_requested THEN 'aborted' ELSE 'todo' END)::procrastinate_job_status,
    attempts = j.attempts + 1,
    abort_requested = false,
    worker_id = NULL,
    scheduled_at = NULL
FROM orphan o
WHERE j.id = o.id
RETURNING j.id, j.status::text
