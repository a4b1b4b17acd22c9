{{ config(materialized='view') }}
select shop_id, country, yearly_rent
from {{ source('bronze', 'shops') }}
where is_open and yearly_rent >= {{ var('least') }}
