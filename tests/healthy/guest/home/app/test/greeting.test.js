const test = require('node:test'), assert = require('node:assert');
const {spawnSync} = require('child_process');
test('greets', () => assert.strictEqual(require('greeting')('you'), 'hello you'));
test('starts a child', () => assert.strictEqual(spawnSync(process.execPath, ['-e', '0']).status, 0));
