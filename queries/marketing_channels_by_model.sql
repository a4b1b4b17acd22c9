-- What each channel is credited with, by all five models beside each other. `none`: no session went before. --param type=order
-- layer: gold
SELECT
  channel,
  sum(CASE WHEN model = 'first' THEN credit_eur ELSE 0 END) AS first_eur,
  sum(CASE WHEN model = 'last' THEN credit_eur ELSE 0 END) AS last_eur,
  sum(CASE WHEN model = 'linear' THEN credit_eur ELSE 0 END) AS linear_eur,
  sum(CASE WHEN model = 'time_decay' THEN credit_eur ELSE 0 END) AS time_decay_eur,
  sum(CASE WHEN model = 'position_based' THEN credit_eur ELSE 0 END) AS position_based_eur
FROM marketing_attribution
WHERE conversion_type = {{type}}
GROUP BY channel
ORDER BY linear_eur DESC, channel
