// SPDX-License-Identifier: Apache-2.0
// Is this file SARIF 2.1.0? Says what is not. The schema is the one that @microsoft/jest-sarif carries.
const fs = require('fs');
const Ajv = require('ajv');

const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const ajv = new Ajv({schemaId: 'auto', allErrors: true});
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const validate = ajv.compile(schema);
if (!validate(JSON.parse(fs.readFileSync(process.argv[2], 'utf8')))) {
  for (const e of validate.errors.slice(0, 20)) console.error(`${e.dataPath}: ${e.message} ${JSON.stringify(e.params)}`);
  process.exit(1);
}
