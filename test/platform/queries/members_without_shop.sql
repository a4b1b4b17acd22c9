-- Which members of a day belong to no shop that was delivered up to that day? --param date=2026-01-05
SELECT member_id, shop_id
FROM members
WHERE ingest_date = DATE {{date}}
  AND shop_id NOT IN (SELECT shop_id FROM shops WHERE ingest_date <= DATE {{date}})
ORDER BY member_id
