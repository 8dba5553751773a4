-- One statement, so that two nodes cannot both rescue a queue job.
--
-- The orphan ends, and a new queue job takes its place, before its peers in the queue: a
-- worker that was only frozen and wakes up can then end or retry nothing but its own, dead one.
WITH orphan AS (
    SELECT j.*, nextval(pg_get_serial_sequence('procrastinate_jobs', 'id')) AS new_id
    FROM procrastinate_jobs j
    WHERE j.status = 'doing' AND j.id = ANY(:orphans)
    FOR UPDATE OF j SKIP LOCKED
), ended AS (
    UPDATE procrastinate_jobs j
    SET status = 'aborted', attempts = j.attempts + 1, abort_requested = false, worker_id = NULL
    FROM orphan o
    WHERE j.id = o.id
    RETURNING j.id
), begun AS (
    INSERT INTO procrastinate_jobs
        (id, queue_name, task_name, priority, lock, queueing_lock, args, attempts)
    SELECT new_id, queue_name, task_name, priority + 1, lock, queueing_lock, args, attempts + 1
    FROM orphan
    WHERE NOT abort_requested
    RETURNING id
)
SELECT o.id AS old_id, b.id AS new_id
FROM orphan o
JOIN ended e ON e.id = o.id
LEFT JOIN begun b ON b.id = o.new_id
