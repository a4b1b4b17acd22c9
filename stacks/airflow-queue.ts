/** What Airflow does with the queue of its workers. Source: AWS, "Amazon MWAA execution role". */
export const airflowQueueActions = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
] as const;
