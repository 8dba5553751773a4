-- An orphan is a job in `doing` whose worker sends no heartbeat, or one its own process says it
-- is not running. After a restart of the server nobody could have sent a heartbeat: wait one
-- grace period.
SELECT j.id
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
