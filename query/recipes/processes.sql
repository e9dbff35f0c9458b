-- who invalidates, is called back and faults most
SELECT trace, tgid, process, tasks, invalidations, callbacks, faults, records FROM processes ORDER BY invalidations DESC, records DESC LIMIT 50
