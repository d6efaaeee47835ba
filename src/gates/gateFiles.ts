/** What the gates of a repository rest on, in the usual ecosystems: files, comments and lines (G12). */

/** Files that decide how the change is tested, linted, typed, built, measured or hooked into. */
export const configuration: readonly string[] = [
  '.github/**',
  '.gitlab-ci.yml',
  '.circleci/**',
  '.buildkite/**',
  '.{travis,drone,woodpecker,appveyor}.y*ml',
  'azure-pipelines*.y*ml',
  'bitbucket-pipelines.yml',
  '**/Jenkinsfile*',
  'action.{yml,yaml}',
  // JavaScript and TypeScript.
  '**/{jest,vitest,vite,karma,playwright,cypress,ava,mocha,wdio,webpack,rollup,rspack,esbuild,tsup,nightwatch,stryker,babel,eslint,stylelint,prettier,commitlint,lint-staged}.config.*',
  '**/{karma,wdio,nightwatch,protractor,codecept,stryker}.conf.*',
  '**/{vitest,jest}.{workspace,projects,setup,preset,base,shared,unit,integration,e2e}.*',
  '**/jest{,-*}.json',
  '**/{cypress,knip,turbo,nx,lerna,rush,deno,jsconfig}.json*',
  '**/tsconfig*.json',
  '**/{,.}biome.json*',
  '**/.{mocharc,nycrc,c8rc,taprc,eslintrc,eslintignore,oxlintrc,prettierrc,stylelintrc,size-limit,swcrc,babelrc,lintstagedrc,commitlintrc,npmrc,yarnrc,pnpmfile,nvmrc,node-version,jscpd,markdownlint}*',
  '**/{bunfig.toml,pnpm-workspace.yaml}',
  // Python.
  '**/{pyproject.toml,setup.cfg,setup.py,tox.ini,pytest.ini,conftest.py,noxfile.py,mypy.ini,pylintrc,pip.conf,uv.toml,hatch.toml,pyrightconfig.json,sitecustomize.py,usercustomize.py}',
  '**/{,.}{ruff,mypy,pytest,bandit,coveragerc}{,.toml,.ini,.yaml,.yml}',
  '**/.{flake8,pylintrc,python-version,importlinter}',
  // Go, Rust, the JVM, .NET, PHP, Ruby.
  '**/.golangci.*',
  '**/{Cargo.toml,clippy.toml,.clippy.toml,rustfmt.toml,.rustfmt.toml,rust-toolchain*,build.rs,deny.toml,audit.toml,nextest.toml}',
  '**/.cargo/**',
  '**/{pom.xml,build.gradle*,settings.gradle*,gradle.properties,build.sbt,checkstyle*.xml,pmd*.xml,spotbugs*.xml,detekt*.yml,mvnw*,gradlew*}',
  '**/{.mvn,gradle/wrapper,buildSrc}/**',
  '**/*.{csproj,fsproj,vbproj,runsettings,ruleset}',
  '**/Directory.{Build,Packages}.*',
  '/global.json',
  '**/{nuget.config,.globalconfig,xunit.runner.json,coverlet*.json,dotnet-tools.json}',
  '**/{phpunit,phpcs,psalm,infection,phpstan}{,.dist}.{xml,xml.dist,neon,neon.dist,json,json5}',
  '**/{phpstan.neon*,phpunit.xml*,.php-cs-fixer*,.phpcs.xml*}',
  '**/{Rakefile,.rubocop*,.rspec,.simplecov,.bundle/config,spec_helper.rb,rails_helper.rb,test_helper.rb}',
  // Whatever the language.
  '**/{Makefile,GNUmakefile,makefile,justfile,Earthfile,*.mk}',
  '**/Taskfile.y*ml',
  '**/{,.}codecov.y*ml',
  '**/{sonar-project.properties,audit-ci.json*,.nsprc,.snyk,.trivyignore,osv-scanner.toml,.gitleaks.toml,.gitleaksignore,.semgrepignore}',
  '**/.pre-commit-config.yaml',
  '**/{,.}lefthook{,-local}.y*ml',
  '**/.husky/**',
  '**/.gitattributes',
  '**/.{tool-versions,ruby-version,java-version,sdkmanrc}',
  '**/{,.}mise.toml',
  '**/.env*',
  // Installed tools: what is committed there is what the commands run, in place of what setup would have installed.
  '**/node_modules/**',
  '**/{.venv,venv,site-packages}/**',
]

/** Comments and attributes that switch a checker off where they stand. */
export const suppressions =
  /@ts-(?:ignore|nocheck|expect-error)|(?:eslint|tslint|biome|oxlint|stylelint|prettier|deno-lint|swiftlint|rubocop|standard)[-:](?:disable|ignore)|(?:istanbul|c8|v8) ignore|#\s*(?:(?:flake8|ruff):\s*)?noqa|#\s*(?:nosec|nosemgrep|type:\s*ignore|pyright:\s*ignore|pragma:\s*no cover|pylint:\s*(?:disable|skip-file)|mypy:\s*ignore-errors|:nocov:)|\/\/\s*(?:nolint|NOLINT|nosec|noinspection|NOSONAR)|\bNOSONAR\b|@Suppress(?:Warnings|FBWarnings|LintIgnore)?\(|#!?\[\s*(?:allow|expect)\s*\(|#!?\[\s*(?:cfg_attr\s*\([^)]{0,100})?coverage\s*\(\s*off|#pragma\s+warning\s+disable|\[(?:assembly:\s*)?(?:SuppressMessage|ExcludeFromCodeCoverage)\b|phpcs:(?:ignore|disable)|@(?:phpstan-ignore|psalm-suppress|codeCoverageIgnore)|coverage:ignore|\bLCOV_EXCL_/

/** Manifests with the lines that are a dependency and nothing but a plain version; scripts and thresholds are anything else. */
export const dependencyLines: readonly [string, RegExp][] = [
  ['package.json', /^\s*"[@A-Za-z0-9._/-]+"\s*:\s*"[\^~]?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?"\s*,?\s*$/],
  ['composer.json', /^\s*"[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+"\s*:\s*"[\^~]?\d+(?:\.\d+){1,3}"\s*,?\s*$/],
]
