-- cb_ret hl_start_ret
SELECT time, ret = 0 AS broken FROM cb_ret WHERE flags & 1 OR reason = 'release'
UNION ALL
SELECT time, ret <> 0 FROM hl_start_ret WHERE flags & 1
