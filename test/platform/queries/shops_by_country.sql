-- How many shops does each country have, how many of them open, on the newest day that was delivered?
SELECT
  country,
  count(*) AS shops,
  count_if(is_open) AS open,
  sum(yearly_rent) AS yearly_rent
FROM shops
WHERE ingest_date = (SELECT max(ingest_date) FROM shops)
GROUP BY country
ORDER BY shops DESC, country
