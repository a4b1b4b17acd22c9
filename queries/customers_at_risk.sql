-- Which customers ordered before a day and not since, what they were worth, and whether the CRM still has them as active? --param since=2026-01-15
-- layer: gold
SELECT
  c.customer_id,
  c.customer_name,
  c.segment,
  c.account_is_active,
  max(f.order_date) AS last_order,
  sum(f.revenue_eur) AS revenue_eur
FROM sales_fact f
JOIN customer_dimension c ON c.customer_key = f.customer_key
GROUP BY c.customer_id, c.customer_name, c.segment, c.account_is_active
HAVING max(f.order_date) < DATE {{since}}
ORDER BY revenue_eur DESC, c.customer_id
