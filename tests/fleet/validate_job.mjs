// SPDX-License-Identifier: Apache-2.0
// Is this file a Job of batch/v1, by the OpenAPI schema of Kubernetes that kubernetes-models carries? Says what is not.
import {readFileSync} from 'fs';
import {Job} from 'kubernetes-models/batch/v1';

try {
  new Job(JSON.parse(readFileSync(process.argv[2], 'utf8'))).validate();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
