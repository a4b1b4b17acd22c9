/** The environments that this repository declares. */
export const environmentNames = ['local', 'dev', 'prod'] as const;
