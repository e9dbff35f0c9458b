-- pages pinned, by process and function
SELECT trace, tgid, process, call, count(*) AS calls, sum(max(ret, 0)) AS pages, sum(ret < 0) AS failed FROM pin_ret
GROUP BY trace, tgid, call ORDER BY pages DESC
