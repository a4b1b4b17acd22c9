-- How much is in the sales pipeline, by stage, on the newest day that was delivered?
SELECT
  stage,
  currency,
  count(*) AS opportunities,
  sum(amount) AS amount,
  round(avg(probability), 1) AS average_probability
FROM crm_opportunities
WHERE ingest_date = (SELECT max(ingest_date) FROM crm_opportunities)
GROUP BY stage, currency
ORDER BY opportunities DESC, stage, currency
