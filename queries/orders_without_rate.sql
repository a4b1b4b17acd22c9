-- Which orders are missing in the sales for want of a rate, by currency and reason?
-- layer: gold
SELECT
  _raw['currency'] AS currency,
  _reasons[1] AS reason,
  count(*) AS orders,
  min(order_date) AS first_day,
  max(order_date) AS last_day
FROM sales_fact__quarantine
GROUP BY 1, 2
ORDER BY orders DESC, 1, 2
