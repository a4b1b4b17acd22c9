-- How many customers does each country have?
-- layer: silver
SELECT country, count(*) AS customers
FROM customers
GROUP BY country
ORDER BY customers DESC, country
