{{ config(materialized='table') }}
select country, count(*) as shops, avg(yearly_rent) as average_rent
from {{ ref('open_shops') }}
group by country
