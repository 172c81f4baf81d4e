# One Kontor node. The image brings Node 24; there is no build step.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The dev dependency `node` is for machines with another Node; here the image has the right one.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production KONTOR_HOST=0.0.0.0 KONTOR_DATA=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json kontor ./
COPY src ./src
COPY shapes ./shapes
# The pages of the checks, which the node shows.
COPY docs/checks.md ./docs/checks.md
COPY docs/checks ./docs/checks
# Made as `kontor init` makes it: it holds the private key. A new volume takes owner and rights from here.
RUN install -d -m 700 -o node -g node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.KONTOR_PORT||8080)+'/readyz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "src/main.ts", "serve"]
