# The service as it runs in production: Node 24, git and bubblewrap, as an ordinary user.
#
#   docker build -t countersign .
#   docker run --env-file .env -p 3000:3000 -v countersign:/data countersign
#
# Docker's default seccomp and AppArmor profiles forbid the namespaces that bubblewrap needs. Without them the service still runs,
# but refuses repository commands and says so; SECURITY.md says what the sandbox is for.

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The "node" package, which brings Node 24 to machines with an older one, is a development dependency and stays out.
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git tini \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json package-lock.json app.yml LICENSE ./
COPY src src

USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 COUNTERSIGN_DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# git and bubblewrap leave orphans behind when they are killed; tini collects them.
ENTRYPOINT ["tini", "--"]
CMD ["node", "src/main.ts"]
