// A queue worker: no port, a child now and then.
const {execFile} = require('child_process');
setInterval(() => execFile('date', () => {}), 60000);
