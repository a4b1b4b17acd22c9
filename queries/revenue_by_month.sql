-- How much did the shop sell in each month, and how much of it was cancelled or returned?
-- layer: gold
SELECT
  date_trunc('month', order_date) AS month,
  count(*) AS orders,
  sum(revenue_eur) AS revenue_eur,
  sum(amount_eur) - sum(revenue_eur) AS lost_eur,
  count_if(order_status IN ('cancelled', 'returned')) AS orders_lost
FROM sales_fact
GROUP BY 1
ORDER BY 1
