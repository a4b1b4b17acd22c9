-- Of the orders of each channel, how many were cancelled or returned, and what would they have come to?
-- layer: gold
SELECT
  channel,
  count(*) AS orders,
  count_if(order_status = 'cancelled') AS cancelled,
  count_if(order_status = 'returned') AS returned,
  round(100.0 * count_if(order_status IN ('cancelled', 'returned')) / count(*), 1) AS percent_lost,
  sum(amount_eur) - sum(revenue_eur) AS lost_eur
FROM sales_fact
GROUP BY channel
ORDER BY channel
