import {
  CloudwatchEventRule,
  CloudwatchEventTarget,
  Construct,
  SnsTopic,
  SnsTopicPolicy,
  SnsTopicSubscription,
  SqsQueue,
  type TerraformResource,
} from './constructs.cjs';
import type { AlarmKind, AlarmScope } from '../src/model/alarm.js';
import type { Environment } from '../src/model/environment.js';
import { names } from '../src/model/names.js';
import type { Platform } from '../src/model/platform.js';
import { idByName } from './id-by-name.js';
import { policy, type Statement } from './policy.js';

export interface EventRoutingProps {
  readonly platform: Platform;
  readonly applicationId: string;
  readonly operationsKeyArn: string;
  readonly keyArns: readonly string[];
}

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly pattern: object;
  /** EventBridge leaves out of CloudTrail's events what only reads, unless it is told to. */
  readonly readsToo?: boolean;
  /** What is taken out of the event, and the message that is made of it. */
  readonly paths: Readonly<Record<string, string>>;
  readonly message: string;
}

const days14 = 14 * 24 * 3600;

/**
 * Two topics: `alarms` wakes people, `events` tells by name what happened. What a rule or a web hook cannot deliver is
 * kept in a queue for two weeks, and an alarm watches the queue.
 */
export class EventRouting extends Construct {
  readonly alarmTopic: SnsTopic;
  readonly eventTopic: SnsTopic;
  readonly undelivered: SqsQueue;
  /** What must be there before a service publishes to the topics. */
  readonly allowed: readonly TerraformResource[];
  private readonly props: EventRoutingProps;
  private readonly environment: Environment;

  constructor(scope: Construct, id: string, props: EventRoutingProps) {
    super(scope, id);
    this.props = props;
    this.environment = props.platform.environment;
    const { account, region, prefix, alarms } = this.environment;
    const kmsMasterKeyId = props.operationsKeyArn;

    this.alarmTopic = new SnsTopic(this, 'alarms', {
      name: names.alarmTopic(this.environment),
      kmsMasterKeyId,
    });
    this.eventTopic = new SnsTopic(this, 'events', {
      name: names.eventTopic(this.environment),
      kmsMasterKeyId,
    });
    const source = (arn: string) => ({
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': arn },
    });
    const rules = `arn:aws:events:${region}:${account}:rule/${prefix}-*`;
    const topic = (name: string) => `arn:aws:sns:${region}:${account}:${name}`;
    this.allowed = [
      this.topicPolicy('alarms', this.alarmTopic, topic(names.alarmTopic(this.environment)), [
        [
          'Alarms',
          'cloudwatch.amazonaws.com',
          source(`arn:aws:cloudwatch:${region}:${account}:alarm:${prefix}-*`),
        ],
      ]),
      this.topicPolicy('events', this.eventTopic, topic(names.eventTopic(this.environment)), [
        // EventBridge delivers to no topic whose policy sets it a condition. Source: AWS, "Resource-based policies".
        ['Rules', 'events.amazonaws.com', undefined],
        ['Budgets', 'budgets.amazonaws.com', source(`arn:aws:budgets::${account}:*`)],
        ['CostAnomalies', 'costalerts.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } }],
      ]),
    ];
    const queueArn = `arn:aws:sqs:${region}:${account}:${names.undelivered(this.environment)}`;
    const sends = (Sid: string, service: string, arn: string): Statement => ({
      Sid,
      Effect: 'Allow',
      Principal: { Service: [service] },
      Action: ['sqs:SendMessage'],
      Resource: queueArn,
      Condition: source(arn),
    });
    this.undelivered = new SqsQueue(this, 'undelivered', {
      name: names.undelivered(this.environment),
      messageRetentionSeconds: days14,
      kmsMasterKeyId,
      kmsDataKeyReusePeriodSeconds: 300,
      // Not a resource of its own: Terraform watches what it has set on a queue for 25 s, once for each.
      policy: policy([
        sends('Rules', 'events.amazonaws.com', rules),
        sends('WebHooks', 'sns.amazonaws.com', topic(names.alarmTopic(this.environment))),
        tlsOnly(['sqs:SendMessage'], queueArn),
      ]),
    });

    this.subscribe('alarm_email', this.alarmTopic, alarms.emails);
    this.subscribe('event_email', this.eventTopic, alarms.eventEmails);
    for (const endpoint of alarms.webhooks) {
      // An address may be known to nobody else: nothing of it stands in a name.
      new SnsTopicSubscription(this, idByName(endpoint, 'webhook'), {
        topicArn: this.alarmTopic.arn,
        protocol: 'https',
        endpoint,
        redrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn }),
        dependsOn: [this.undelivered],
      });
    }
    for (const rule of this.rules()) this.route(rule);
  }

  private topicPolicy(
    id: string,
    { arn }: SnsTopic,
    resource: string,
    publishers: readonly [sid: string, service: string, condition: Statement['Condition']][],
  ): SnsTopicPolicy {
    return new SnsTopicPolicy(this, `${id}_policy`, {
      arn,
      policy: policy([
        ...publishers.map(([Sid, service, Condition]): Statement => ({
          Sid,
          Effect: 'Allow',
          Principal: { Service: [service] },
          Action: ['sns:Publish'],
          Resource: resource,
          ...(Condition && { Condition }),
        })),
        tlsOnly(['sns:Publish'], resource),
      ]),
    });
  }

  private subscribe(id: string, { arn }: SnsTopic, emails: readonly string[]): void {
    for (const endpoint of emails) {
      const subscription = { topicArn: arn, protocol: 'email', endpoint };
      new SnsTopicSubscription(this, `${id}_${idByName(endpoint)}`, subscription);
    }
  }

  private route(rule: Rule): void {
    const made = new CloudwatchEventRule(this, rule.id, {
      name: rule.name,
      description: rule.description,
      eventPattern: JSON.stringify(rule.pattern),
      ...(rule.readsToo === true && { state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' }),
    });
    new CloudwatchEventTarget(this, `${rule.id}_to_topic`, {
      rule: made.name,
      targetId: 'events',
      arn: this.eventTopic.arn,
      deadLetterConfig: { arn: this.undelivered.arn },
      retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 20 },
      inputTransformer: {
        inputPaths: { ...rule.paths },
        inputTemplate: JSON.stringify(`${this.environment.name}: ${rule.message}`),
      },
    });
  }

  private rules(): Rule[] {
    const { platform, applicationId, keyArns } = this.props;
    const { environment, jobs } = platform;
    const { account, prefix, region } = environment;
    const failedRuns = [...jobs]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((job): Rule => ({
        id: `failed_${job.id}`,
        name: names.runRule(environment, job),
        description: `A run of ${job.id} failed, took too long or was cancelled`,
        pattern: {
          source: ['aws.emr-serverless'],
          'detail-type': ['EMR Serverless Job Run State Change'],
          detail: {
            applicationId: [applicationId],
            jobRunName: [{ prefix: names.runPrefix(job) }],
            // What takes too long ends CANCELLED, and an event does not carry the tag that tells who cancelled it: people
            // are told of both. The alarm counts only what nobody asked for.
            state: ['FAILED', 'CANCELLED'],
          },
        },
        paths: { run: '$.detail.jobRunId', name: '$.detail.jobRunName', state: '$.detail.state' },
        message: `job run <run> (<name>) is <state>. dataplat logs <run> --env ${environment.name}`,
      }));
    const fromTrail = { who: '$.detail.userIdentity.arn', call: '$.detail.eventName', at: '$.time' };
    return [
      ...failedRuns,
      {
        id: 'alarm_changes',
        name: names.eventRule(environment, 'alarm-changes'),
        description: 'An alarm changed its state',
        pattern: {
          source: ['aws.cloudwatch'],
          'detail-type': ['CloudWatch Alarm State Change'],
          resources: [{ prefix: `arn:aws:cloudwatch:${region}:${account}:alarm:${prefix}-` }],
          // Told of them by this way, the queue's own alarm and the page over it would fill the queue that set them off, for
          // ever. The page itself goes to people without a rule.
          detail: {
            alarmName: [
              {
                'anything-but': [
                  names.alarm(environment, { kind: 'undelivered' satisfies AlarmKind }),
                  names.scope(environment, 'platform' satisfies AlarmScope),
                ],
              },
            ],
          },
        },
        paths: {
          alarm: '$.detail.alarmName',
          state: '$.detail.state.value',
          before: '$.detail.previousState.value',
        },
        message: 'alarm <alarm> is <state>, and was <before>',
      },
      {
        id: 'access_denied',
        name: names.eventRule(environment, 'access-denied'),
        description: 'Lake Formation refused somebody',
        readsToo: true,
        pattern: {
          source: ['aws.lakeformation'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventSource: ['lakeformation.amazonaws.com'],
            errorCode: ['AccessDenied', 'AccessDeniedException'],
          },
        },
        paths: fromTrail,
        message: 'Lake Formation refused <call> of <who> at <at>',
      },
      {
        id: 'key_endangered',
        name: names.eventRule(environment, 'key-endangered'),
        description: 'A key was disabled, or is to be deleted',
        pattern: {
          source: ['aws.kms'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventSource: ['kms.amazonaws.com'],
            eventName: ['DisableKey', 'ScheduleKeyDeletion'],
            errorCode: [{ exists: false }],
            resources: { ARN: keyArns },
          },
        },
        paths: { ...fromTrail, key: '$.detail.requestParameters.keyId' },
        message: '<call> of key <key> by <who> at <at>',
      },
    ];
  }
}

function tlsOnly(actions: readonly string[], resource: string): Statement {
  return {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: actions,
    Resource: resource,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}
