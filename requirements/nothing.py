"""A program that does nothing: Spark resolves its packages before it starts one."""
