/** Data lake settings, and the S3 locations that Lake Formation manages. */
import { z } from 'zod';
import { operation, page, paging } from '../json-protocol.js';
import type { Operation } from '../json-protocol.js';
import { dataLakeSettings } from './shapes.js';
import { alreadyExists, invalid, notFound } from './state.js';
import type { LakeFormationStore, RegisteredLocation } from './state.js';

const arn = z.string().regex(/^arn:aws[\w-]*:s3:::[^/]+.*$/, 'not the ARN of an S3 location');

const registration = {
  ResourceArn: arn,
  RoleArn: z.string().optional(),
  WithFederation: z.boolean().optional(),
  HybridAccessEnabled: z.boolean().optional(),
  WithPrivilegedAccess: z.boolean().optional(),
  ExpectedResourceOwnerAccount: z.string().optional(),
};

const condition = z.object({
  Field: z.enum(['RESOURCE_ARN', 'ROLE_ARN', 'LAST_MODIFIED']),
  ComparisonOperator: z.string(),
  StringValueList: z.array(z.string()),
});

export function locationOperations(store: LakeFormationStore): Record<string, Operation> {
  const find = (resourceArn: string): RegisteredLocation => {
    const found = store.state.locations.find(({ ResourceArn }) => ResourceArn === resourceArn);
    if (!found) throw notFound(`Entity not found: ${resourceArn} is not registered`);
    return found;
  };
  return {
    GetDataLakeSettings: operation(z.object({}), () => ({
      DataLakeSettings: {
        DataLakeAdmins: [],
        ReadOnlyAdmins: [],
        CreateDatabaseDefaultPermissions: [],
        CreateTableDefaultPermissions: [],
        TrustedResourceOwners: [],
        AllowExternalDataFiltering: false,
        AllowFullTableExternalDataAccess: false,
        ExternalDataFilteringAllowList: [],
        AuthorizedSessionTagValueList: [],
        ...store.state.settings,
        Parameters: { CROSS_ACCOUNT_VERSION: '1', SET_CONTEXT: 'TRUE', ...store.state.settings.Parameters },
      },
    })),

    // The settings are replaced as a whole: what the request leaves out is empty afterwards.
    PutDataLakeSettings: operation(z.object({ DataLakeSettings: dataLakeSettings }), (input) => {
      const version = input.DataLakeSettings.Parameters?.['CROSS_ACCOUNT_VERSION'];
      if (version !== undefined && !/^[1-5]$/.test(version)) {
        throw invalid(`Invalid value for CROSS_ACCOUNT_VERSION: ${version}`);
      }
      store.change((state) => {
        const kept = state.settings.Parameters;
        state.settings = {
          ...input.DataLakeSettings,
          ...((input.DataLakeSettings.Parameters ?? kept) && {
            Parameters: { ...kept, ...input.DataLakeSettings.Parameters },
          }),
        };
      });
      return {};
    }),

    RegisterResource: operation(
      z.object({ ...registration, UseServiceLinkedRole: z.boolean().optional() }),
      ({ UseServiceLinkedRole, RoleArn, ...input }, { account }) => {
        if (!UseServiceLinkedRole && RoleArn === undefined) {
          throw invalid('Either RoleArn or UseServiceLinkedRole must be specified.');
        }
        if (UseServiceLinkedRole && RoleArn !== undefined) {
          throw invalid('RoleArn and UseServiceLinkedRole exclude each other.');
        }
        store.change((state) => {
          if (state.locations.some(({ ResourceArn }) => ResourceArn === input.ResourceArn)) {
            throw alreadyExists(`Resource is already in use: ${input.ResourceArn}`);
          }
          state.locations.push({
            ResourceArn: input.ResourceArn,
            RoleArn:
              RoleArn ??
              `arn:aws:iam::${account}:role/aws-service-role/lakeformation.amazonaws.com/` +
                'AWSServiceRoleForLakeFormationDataAccess',
            LastModified: Date.now() / 1000,
            WithFederation: input.WithFederation ?? false,
            HybridAccessEnabled: input.HybridAccessEnabled ?? false,
            WithPrivilegedAccess: input.WithPrivilegedAccess ?? false,
            ...(input.ExpectedResourceOwnerAccount !== undefined && {
              ExpectedResourceOwnerAccount: input.ExpectedResourceOwnerAccount,
            }),
          });
        });
        return {};
      },
    ),

    DescribeResource: operation(z.object({ ResourceArn: z.string() }), (input) => ({
      ResourceInfo: find(input.ResourceArn),
    })),

    UpdateResource: operation(z.object({ ...registration, RoleArn: z.string() }), (input) => {
      find(input.ResourceArn);
      store.change((state) => {
        state.locations = state.locations.map((location) =>
          location.ResourceArn !== input.ResourceArn
            ? location
            : {
                ...location,
                RoleArn: input.RoleArn,
                WithFederation: input.WithFederation ?? location.WithFederation,
                HybridAccessEnabled: input.HybridAccessEnabled ?? location.HybridAccessEnabled,
                LastModified: Date.now() / 1000,
              },
        );
      });
      return {};
    }),

    DeregisterResource: operation(z.object({ ResourceArn: z.string() }), (input) => {
      find(input.ResourceArn);
      store.change((state) => {
        state.locations = state.locations.filter(({ ResourceArn }) => ResourceArn !== input.ResourceArn);
      });
      return {};
    }),

    ListResources: operation(
      z.object({ ...paging, FilterConditionList: z.array(condition).optional() }),
      (input) => {
        const matching = store.state.locations.filter((location) =>
          (input.FilterConditionList ?? []).every((filter) => meets(location, filter)),
        );
        const { entries, NextToken } = page(matching, input);
        return { ResourceInfoList: entries, ...(NextToken !== undefined && { NextToken }) };
      },
    ),
  };
}

function meets(location: RegisteredLocation, filter: z.infer<typeof condition>): boolean {
  const value =
    filter.Field === 'RESOURCE_ARN'
      ? location.ResourceArn
      : filter.Field === 'ROLE_ARN'
        ? location.RoleArn
        : String(location.LastModified);
  const [first = '', second = ''] = filter.StringValueList;
  const against = (other: string): number =>
    filter.Field === 'LAST_MODIFIED' ? Number(value) - Number(other) : value < other ? -1 : +(value > other);
  switch (filter.ComparisonOperator) {
    case 'EQ':
      return against(first) === 0;
    case 'NE':
      return against(first) !== 0;
    case 'LE':
      return against(first) <= 0;
    case 'LT':
      return against(first) < 0;
    case 'GE':
      return against(first) >= 0;
    case 'GT':
      return against(first) > 0;
    case 'CONTAINS':
      return value.includes(first);
    case 'NOT_CONTAINS':
      return !value.includes(first);
    case 'BEGINS_WITH':
      return value.startsWith(first);
    case 'IN':
      return filter.StringValueList.includes(value);
    case 'BETWEEN':
      return against(first) >= 0 && against(second) <= 0;
    default:
      throw invalid(`Unknown comparison operator: ${filter.ComparisonOperator}`);
  }
}
