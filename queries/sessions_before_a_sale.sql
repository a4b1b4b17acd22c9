-- How many sessions go before a sale, and what is sold then? 0: none that is known.
-- layer: gold
SELECT
  conversion_type,
  touches,
  count(*) AS conversions,
  sum(revenue_eur) AS revenue_eur,
  round(avg(revenue_eur), 2) AS average_eur
FROM marketing_attribution
WHERE model = 'last' AND (position = touches OR position = 0)
GROUP BY conversion_type, touches
ORDER BY conversion_type, touches
