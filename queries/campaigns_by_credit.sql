-- Which campaigns sold most, by one model, and in how many orders or opportunities had they a part? --param model=position_based
-- layer: gold
SELECT
  conversion_type,
  channel,
  medium,
  campaign,
  count(DISTINCT conversion_id) AS conversions,
  sum(credit_eur) AS credit_eur
FROM marketing_attribution
WHERE model = {{model}} AND position > 0
GROUP BY conversion_type, channel, medium, campaign
ORDER BY conversion_type, credit_eur DESC, channel, medium, campaign
