/** A table of three rows as parquet, and two workgroups: one leaves the place of results to its users, one does not. */
export const orders = `
import boto3, datetime as dt, decimal, io, pyarrow as pa, pyarrow.parquet as pq
for bucket in ("lake", "results"):
    boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
file = io.BytesIO()
pq.write_table(pa.table({"id": [1, 2, 3], "customer": ["ann", None, "cat"], "day": [dt.date(2026, 1, 1)] * 3,
    "amount": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-2.25")], pa.decimal128(18, 2))}), file)
boto3.client("s3").put_object(Bucket="lake", Key="orders/a.parquet", Body=file.getvalue())
glue = boto3.client("glue")
glue.create_database(DatabaseInput={"Name": "silver"})
glue.create_table(DatabaseName="silver", TableInput={"Name": "orders", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": {
    "Columns": [{"Name": name, "Type": kind} for name, kind in
        (("id", "bigint"), ("customer", "string"), ("day", "date"), ("amount", "decimal(18,2)"))],
    "Location": "s3://lake/orders/",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}}})
for name, enforced in (("free", False), ("bound", True)):
    boto3.client("athena").create_work_group(Name=name, Configuration={"EnforceWorkGroupConfiguration": enforced,
        "ResultConfiguration": {"OutputLocation": f"s3://results/{name}/"}})
`;

/** What a script begins with that says what there is: the keys of results, the tables of silver. */
export const atTheLake = `
import boto3, json
def keys(prefix=""):
    found = boto3.client("s3").list_objects_v2(Bucket="results", Prefix=prefix).get("Contents", [])
    return sorted(item["Key"] for item in found)
def tables():
    return sorted(table["Name"] for table in boto3.client("glue").get_tables(DatabaseName="silver")["TableList"])
`;
