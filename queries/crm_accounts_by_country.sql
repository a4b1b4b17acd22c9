-- How many accounts does each country have, how many of them active, on the newest day that was delivered?
SELECT
  country,
  count(*) AS accounts,
  count_if(is_active) AS active,
  sum(annual_revenue) AS annual_revenue
FROM crm_accounts
WHERE ingest_date = (SELECT max(ingest_date) FROM crm_accounts)
GROUP BY country
ORDER BY accounts DESC, country
