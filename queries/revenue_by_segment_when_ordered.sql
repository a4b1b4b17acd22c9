-- Revenue by the segment and credit limit that a customer had when the order was placed, not by those of today.
-- What was ordered before the customer's first known state counts to that state.
-- layer: gold
WITH states AS (
  SELECT
    customer_key,
    segment,
    credit_limit,
    valid_from,
    valid_to,
    row_number() OVER (PARTITION BY customer_key ORDER BY valid_from) AS number
  FROM customer_dimension_scd2
)
SELECT
  s.segment,
  CASE WHEN s.credit_limit IS NULL THEN 'prepaid' WHEN s.credit_limit < 50000 THEN 'below 50,000' ELSE 'from 50,000' END AS credit,
  count(*) AS orders,
  sum(f.revenue_eur) AS revenue_eur
FROM sales_fact f
JOIN states s
  ON s.customer_key = f.customer_key
  AND (f.ordered_at >= s.valid_from OR s.number = 1)
  AND (f.ordered_at < s.valid_to OR s.valid_to IS NULL)
GROUP BY 1, 2
ORDER BY 1, 2
