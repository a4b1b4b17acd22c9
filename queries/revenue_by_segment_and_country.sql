-- Who buys: revenue, customers and the average order by segment and country, between two days. --param from=2026-01-01 --param to=2026-01-31
-- layer: gold
SELECT
  c.segment,
  c.country,
  count(DISTINCT f.customer_key) AS customers,
  count(*) AS orders,
  sum(f.revenue_eur) AS revenue_eur,
  round(avg(f.revenue_eur), 2) AS average_order_eur
FROM sales_fact f
JOIN customer_dimension c ON c.customer_key = f.customer_key
WHERE f.order_date BETWEEN DATE {{from}} AND DATE {{to}}
GROUP BY c.segment, c.country
ORDER BY revenue_eur DESC, c.segment, c.country
