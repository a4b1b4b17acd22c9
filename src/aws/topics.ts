import type { AwsClients } from './clients.js';

/** What operations need of SNS. */
export interface Topics {
  publish(topicArn: string, message: { subject: string; text: string }): Promise<void>;
}

export function snsTopics(clients: AwsClients): Topics {
  return {
    publish: async (topicArn, { subject, text }) => {
      await (
        await clients.sns()
      ).publish({
        TopicArn: topicArn,
        // SNS takes printable ASCII, and less than a hundred of it.
        Subject: subject.replace(/[^\x20-\x7e]/g, '?').slice(0, 99),
        Message: text,
      });
    },
  };
}
