-- Which contacts of a day belong to no account that was delivered up to that day? --param date=2026-01-05
SELECT contact_id, account_id, job_title
FROM crm_contacts
WHERE ingest_date = DATE {{date}}
  AND account_id NOT IN (SELECT account_id FROM crm_accounts WHERE ingest_date <= DATE {{date}})
ORDER BY contact_id
