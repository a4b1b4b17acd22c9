"""What DAGs share: the platform that they are made from, the task that runs a job, callbacks, SLAs."""
