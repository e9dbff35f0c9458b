-- registrations that are alive when the trace ends
SELECT trace, time, tgid, task, driver, ctx, ("end" - start) / 4096 AS pages FROM registrations WHERE until IS NULL ORDER BY pages DESC LIMIT 100
