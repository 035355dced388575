// SPDX-License-Identifier: Apache-2.0
// Command lines without a secret, many with what looks like one. The form of secret_forms.hpp.
#pragma once

#include <string_view>

namespace stray::corpus {

inline constexpr std::string_view kHarmlessLines = R"corpus(
node server.js
node --secret server.js
node --next-token server.js
node --inspect=127.0.0.1:9229 dist/index.js
node --max-old-space-size=4096 node_modules/.bin/next build
node --secure-heap=4096 dist/index.js
node -pe 1+1
node -e "const token = getToken(); run(token)"
node -e "console.log(process.env.TOKEN)"
node -e "const password = process.env.DB_PASSWORD; connect({ password })"
node token.js secret password
node --require ./register.js --import tsx/esm src/main.ts
node /usr/lib/node_modules/pm2/lib/Daemon.js
node --experimental-default-type=module --test tests/auth.test.js
node --tls-keylog=/tmp/keys.log app.js
npm run dev
npm run token:refresh
npm run test:auth
npm run build:secrets
npm install jsonwebtoken passport bcrypt cookie-parser
npm ci --ignore-scripts --no-audit
npm exec -- tsx watch src/server.ts
npm token list
npm run password-reset
npx create-next-app@latest app
npx secretlint "**/*"
yarn workspace @acme/auth start
pnpm --filter @acme/token-service dev
bun run --watch src/index.ts
deno run --allow-net --allow-env=API_KEY main.ts
tsc -p tsconfig.json --noEmit
ffmpeg -pass 1 -passlogfile /tmp/x -i in.mp4 -c:v libx264 out.mp4
ffmpeg -y -i in.mp4 -pass 2 -b:v 1M out.mp4
ffmpeg -i in.mp4 -hls_key_info_file key.info out.m3u8
aws s3 ls s3://bucket/prefix --recursive
aws s3api list-objects --bucket b --starting-token 5 --max-items 10
aws dynamodb query --table-name t --key-condition-expression "id = :v"
aws s3api get-object --bucket b --key path/to/object out
aws ec2 create-key-pair --key-name deploy
aws kms decrypt --key-id alias/app --ciphertext-blob fileb://a
aws secretsmanager get-secret-value --secret-id prod/db
aws ssm get-parameter --name /db/password --with-decryption
gcloud secrets versions access latest --secret=db-password-file.txt
gcloud auth print-access-token
gcloud auth activate-service-account --key-file=key.json
az keyvault secret show --name db-password --vault-name v
kubectl get secrets -n default
kubectl get secret db -o yaml
kubectl create secret generic db --from-file=password=/etc/db/password.txt
kubectl describe secret token-abc
kubectl -n kube-system get pods -l app=auth
kubectl port-forward svc/db 5432:5432
kubectl patch deploy web -p '{"spec":{"replicas":2}}'
helm upgrade web ./chart --set image.tag=1.2.3 --set auth.existingSecret=db
helm install web ./chart --set auth.enabled=true --set service.type=ClusterIP
docker run -d -p 3306:3306 --name mysql mysql:8
docker run --name mongo -p 27017:27017 mongo:7
docker run --name redis -p 6379:6379 redis redis-server --appendonly yes
docker run -e MYSQL_ALLOW_EMPTY_PASSWORD=yes -p3306:3306 mysql:8
docker run -e MYSQL_RANDOM_ROOT_PASSWORD=yes mysql:8
docker run -e POSTGRES_PASSWORD_FILE=/run/secrets/pg postgres
docker run -u 1000:1000 -v /srv/keys:/keys:ro img
docker build --secret id=npmrc,src=/root/.npmrc -t web .
docker service create --secret db_password web
docker secret ls
docker login registry.example.com
docker login -u bob --password-stdin
docker pull alpine@sha256:0a4eaa0eecf5f8c050e5bba433f58c052be7587ee8af3e8b3910ef9ab5fbe9f5
docker compose -p shop up -d
docker ps --format '{{.Names}}: {{.Status}}'
podman run -p 8080:80 nginx
mysql -P3306 -p db
mysql --password db
mysql -u root -p
mysql --defaults-extra-file=/etc/mysql/debian.cnf -e 'show processlist'
mysql --no-password -P 3306
mysqld --port=3306 --pid-file=/run/mysqld/mysqld.pid --secure-file-priv=/tmp
mysqladmin --socket=/run/mysqld/mysqld.sock ping
psql --no-password db
psql -h db -U app -W shop
psql postgres://app@db:5432/shop
psql -c "select token_id from sessions where user_id = 5"
postgres: app shop 127.0.0.1(5432) idle
pg_dump -h db -U app shop
redis-server 127.0.0.1:6379
redis-cli -h cache -p 6379 ping
redis-cli KEYS 'session:*'
mongosh --port 27017 --eval "db.stats()"
mongod --auth --keyFile /etc/mongo.key --port 27017
mongod --config /etc/mongod.conf
ps -p 123 -o pid,args
ps -ef
ssh -i ~/.ssh/id_ed25519 -p 2222 deploy@host
ssh -o PasswordAuthentication=no -o PubkeyAuthentication=yes host
ssh -o PreferredAuthentications=publickey host uptime
ssh -L 8080:localhost:80 host
sshd: deploy [priv]
/usr/sbin/sshd -D -o AuthorizedKeysCommand=/usr/bin/keys
ssh-keygen -t ed25519 -f /root/.ssh/id_ed25519 -N ''
ssh-add -l
ssh-agent -s
scp -P 2222 a.txt host:/tmp
rsync -a --password-file=/etc/rsync.pass src/ rsync://bob@host/mod
rsync -az -e "ssh -p 2222" src/ host:/srv
git clone https://github.com/acme/auth-token-service.git
git clone git@github.com:acme/web.git
git clone ssh://git@github.com/acme/web.git
git clone https://deploy@git.example.com/a/b.git
git commit -m "token: refresh on 401"
git commit -m "fix password reset and secret rotation"
git config user.signingkey 0xABCDEF
git config --global credential.helper store
git checkout -b feature/auth-cookie
git log --grep "secret"
git push origin HEAD:refs/heads/keys
git -c core.sshCommand="ssh -i key" fetch
curl https://example.com
curl --user-agent a:b http://h:80/
curl -u bob https://example.com
curl -b cookies.txt -c cookies.txt https://example.com
curl --cookie-jar jar.txt https://example.com
curl -H "Accept: application/json" https://example.com
curl -H "Authorization: Bearer $TOKEN" https://example.com
curl -sSfL "https://example.com/a?sort=key&page=2"
curl --cert client.pem --key client.key https://example.com
curl --cacert ca.pem --pass-through x https://example.com
curl -o /dev/null -w '%{http_code}' localhost:3000/auth/token
curl -d @body.json https://example.com
curl -X POST -d "name=a&size=2" https://example.com
curl -x http://proxy:3128 https://example.com
wget -q https://example.com/a.tgz
wget --no-check-certificate --password-prompt https://example.com
http GET example.com page==2
vault status
vault kv get secret/app
vault read -field=password secret/app
vault write auth/approle/login role_id=@role
vault server -config=/etc/vault.hcl
vault token lookup
terraform plan -var-file=prod.tfvars
terraform apply -var region=eu -auto-approve
ansible-playbook site.yml --ask-pass --ask-become-pass
ansible-playbook site.yml --vault-password-file ~/.vault_pass
ansible-playbook site.yml --private-key ~/.ssh/id_rsa -e env=prod
openssl genrsa -out key.pem 4096
openssl x509 -in cert.pem -noout -text
openssl rsa -in key.pem -passin file:/etc/pass.txt
openssl enc -aes-256-cbc -pass env:PASS -in a
openssl s_client -connect host:443 -servername host
openssl passwd -6
openssl rand -base64 32
gpg --batch --passphrase-file /etc/pass -d a.gpg
gpg --list-secret-keys
gpg --keyserver hkps://keys.openpgp.org --recv-keys 0xABCDEF0123456789
zip -r a.zip dir
7z a -p a.7z dir
7z x a.7z -y -o/tmp
unzip -o a.zip -d /tmp
tar -xzf secrets.tar.gz -C /tmp
htpasswd -c /etc/nginx/.htpasswd bob
useradd -m -s /bin/bash bob
useradd --system --no-create-home --shell /usr/sbin/nologin app
passwd bob
chpasswd
sudo -u postgres psql
sudo -S apt-get update
sudo -E -u app node server.js
su - app -c "pm2 resurrect"
python3 -m http.server 8000
python3 manage.py runserver 0.0.0.0:8000
python3 -c "import secrets; print(secrets.token_hex(16))"
python3 -c "password = getpass.getpass(); connect(password=password)"
python3 train.py --max-tokens 100 --eos-token '<eos>' --pad-token '<pad>'
python3 -m vllm.entrypoints.openai.api_server --model a/b --tokenizer a/b --max-num-batched-tokens 8192
python3 -m uvicorn auth.main:app --host 0.0.0.0 --port 8000
gunicorn -w 4 -b 0.0.0.0:8000 app:app --keyfile key.pem --certfile cert.pem
celery -A proj worker -l info --pool=prefork
ruby -e "puts ENV['SECRET_KEY_BASE']"
php -S localhost:8000 -t public
php artisan key:generate
php artisan queue:work --tries=3
php-fpm: pool www
perl -ne 'print if /password/' file
java -jar app.jar --server.port=8080
java -Djavax.net.ssl.trustStore=/etc/trust.jks -jar app.jar
java -Dsun.security.krb5.debug=true -cp a.jar Main
gradle build -Pversion=1.2.3
mvn -q -DskipTests package
keytool -list -keystore a.jks
go test ./auth/... -run TestToken
cargo test token::tests
cargo build --release
make secrets
make -j8 all
gcc -O2 -c auth.c -o auth.o
cc -DKEY_SIZE=256 -DTOKEN_MAX=64 -c token.c
ld -o a.out key.o token.o
grep -r "password" /etc
grep -rn "token:" src
grep -E "password=.*" file
rg "api[_-]?key" src
sed -n 1,5p passwords.txt
sed -i 's/foo/bar/' .env
awk -F: '{print $1}' /etc/passwd
find / -name "*.pem" -o -name "id_rsa"
cat /etc/passwd /run/secrets/db_password
vim ~/.ssh/authorized_keys
less /var/log/auth.log
tail -f /var/log/auth.log
journalctl -u ssh -f
systemctl restart keycloak
systemctl --user status gnome-keyring-daemon
/usr/bin/gnome-keyring-daemon --daemonize --login
/usr/lib/policykit-1/polkitd --no-debug
/usr/bin/dbus-daemon --session --address=systemd: --nofork
/lib/systemd/systemd-logind
nginx: master process /usr/sbin/nginx -g daemon on;
nginx -c /etc/nginx/nginx.conf -g 'daemon off;'
certbot certonly --nginx -d example.com --key-type ecdsa
openvpn --config a.ovpn --auth-user-pass /etc/openvpn/pass.txt
wg-quick up wg0
wpa_supplicant -B -i wlan0 -c /etc/wpa.conf
tailscale up --ssh
tcpdump -i eth0 port 443
nmap -sV -p 1-1000 10.0.0.1
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
nc -l -p 8080
socat TCP-LISTEN:80,fork TCP:10.0.0.1:8080
xdg-open https://example.com/@scope/pkg
code --user-data-dir /tmp/x --password-store=basic
chrome --type=renderer --field-trial-handle=1 --enable-features=PasswordImport
chrome --password-store=gnome --disable-features=Token
sh -c "read -p 'Password: ' x; echo done"
sh -c "mysql -u root -p\"$MYSQL_PASSWORD\" shop"
sh -c "PGPASSWORD=$PGPASSWORD psql -h db"
sh -c "docker login -u bob -p ${TOKEN}"
bash -c "export TOKEN=$(cat /run/secrets/token); node server.js"
bash -c "test -n $API_KEY && echo ok"
sh -c "echo hello | grep hell"
sh -c "cat file | sudo -S tee /etc/x"
env PWD=/srv OLDPWD=/ node server.js
env NODE_ENV=production PORT=3000 node server.js
env AUTH_TYPE=basic TOKEN_TTL=3600 KEY_FILE=/etc/key.pem node server.js
env SSH_AUTH_SOCK=/run/user/1000/ssh XAUTHORITY=/home/a/.Xauthority code
env PASSWORD= TOKEN= node server.js
app --password --verbose
app --password-file /etc/app/pass
app --token-file=/run/token --key-path /etc/key
app --key server.key --cert server.crt
app --auth basic --realm app
app --auth none
app --private-key /etc/ssl/private/a.pem
app --cache-key v1-linux-abc123def456
app --public-key age1qyqszqgpqyqszqgpqyqszqgp
app --sort-key name --partition-key id
app --hotkey ctrl+a --passes=2 --bypass=1 --compass=2
app --cookie-domain example.com --session-timeout 30
app --token-limit 5 --keys-per-page 10
app --pinned --author bob --monkey see
app --passive-ports 40000-40100 --password-policy strict
)corpus";

}  // namespace stray::corpus
