-- calls of hmm_range_fault(): which took how long, and which collided with an invalidation and have to be made again
SELECT trace, host, time, until, duration, cpu, tgid, process, tid, task, mm, sub, start, "end", ret, ret_text, ret = -16 AS collided, sampled, valid, writable, error
  FROM range_fault_calls
