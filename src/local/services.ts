import { createAthenaService } from './athena/service.js';
import { createCostExplorerService } from './cost-explorer/service.js';
import { createEmrServerlessService } from './emr-serverless/service.js';
import { createLakeFormationService } from './lake-formation/service.js';
import { createMwaaService } from './mwaa/service.js';
import type { EndpointSettings, Service, ServiceContext } from './service.js';

/** The services that the endpoint answers itself, by the name of their folder in an instance. */
export const servicesOfOurs: Readonly<
  Record<string, (context: ServiceContext, settings: EndpointSettings) => Promise<Service>>
> = {
  athena: createAthenaService,
  'cost-explorer': createCostExplorerService,
  'emr-serverless': createEmrServerlessService,
  'lake-formation': createLakeFormationService,
  mwaa: createMwaaService,
};
