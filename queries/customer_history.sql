-- What states was a customer in, from when until when? --param customer=CUS-000001
-- layer: gold
SELECT valid_from, valid_to, is_current, customer_name, segment, country, currency, credit_limit, is_active
FROM customer_dimension_scd2
WHERE customer_id = {{customer:text}}
ORDER BY valid_from
