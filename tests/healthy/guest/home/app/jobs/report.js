// Takes its time, as reports do, and has a shell count something.
const {spawnSync} = require('child_process');
spawnSync('sh', ['-c', 'ls -R /home/deploy | wc -l'], {stdio: 'ignore'});
setTimeout(() => spawnSync('date', {stdio: 'ignore'}), 100000);
