-- The twenty customers with the highest revenue since a day, and their share of all of it. --param since=2026-01-01
-- layer: gold
WITH by_customer AS (
  SELECT customer_key, count(*) AS orders, sum(revenue_eur) AS revenue_eur, max(order_date) AS last_order
  FROM sales_fact
  WHERE order_date >= DATE {{since}}
  GROUP BY customer_key
)
SELECT
  c.customer_id,
  c.customer_name,
  c.country,
  c.industry,
  b.orders,
  b.revenue_eur,
  round(100.0 * b.revenue_eur / sum(b.revenue_eur) OVER (), 2) AS percent_of_all,
  b.last_order
FROM by_customer b
JOIN customer_dimension c ON c.customer_key = b.customer_key
ORDER BY b.revenue_eur DESC, c.customer_id
LIMIT 20
