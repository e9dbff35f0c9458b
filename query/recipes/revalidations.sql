-- how often what a driver looked up no longer stood
SELECT driver, count(*) AS asked, sum(ok = 0) AS in_vain FROM revalidate GROUP BY driver ORDER BY in_vain DESC
