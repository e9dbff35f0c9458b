-- interval callbacks whose invalidation covers less than a hundredth of what they watch
SELECT fn_name AS function, count(*) AS calls, avg(sub_last - sub_start + 1) / 4096 AS watched_pages,
  avg(min("end", sub_last + 1) - max(start, sub_start)) / 4096 AS hit_pages
FROM cb_enter WHERE (min("end", sub_last + 1) - max(start, sub_start)) * 100 < sub_last - sub_start + 1
GROUP BY function ORDER BY calls DESC
