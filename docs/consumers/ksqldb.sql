-- Findings as a stream of ksqlDB, and the episodes that are open as a table.
CREATE STREAM findings (
  subject VARCHAR KEY,
  activity_id INT,
  is_alert BOOLEAN,
  `time` BIGINT,
  severity_id INT,
  severity VARCHAR,
  status_id INT,
  risk_score INT,
  message VARCHAR,
  metadata STRUCT<tenant_uid VARCHAR, correlation_uid VARCHAR, labels ARRAY<VARCHAR>>,
  finding_info STRUCT<uid VARCHAR, title VARCHAR, analytic STRUCT<uid VARCHAR, state_id INT>>,
  remediation STRUCT<`desc` VARCHAR>,
  resources ARRAY<STRUCT<uid VARCHAR, data STRUCT<confidence_score INT, share DOUBLE>>>,
  unmapped STRUCT<evidence DOUBLE, threshold DOUBLE, content_seen BOOLEAN, accounts INT>
) WITH (
  KAFKA_TOPIC = 'distillwatch-alerts',
  VALUE_FORMAT = 'JSON',
  TIMESTAMP = '`time`'
);

CREATE STREAM live_findings AS
SELECT *
FROM findings
WHERE status_id <> 3 AND finding_info->analytic->state_id <> 3 AND metadata->labels IS NULL
EMIT CHANGES;

-- The latest that was said of each episode; repeats change nothing.
CREATE TABLE episodes AS
SELECT
  finding_info->uid AS uid,
  LATEST_BY_OFFSET(metadata->tenant_uid) AS tenant,
  LATEST_BY_OFFSET(severity) AS severity,
  LATEST_BY_OFFSET(risk_score) AS risk_score,
  LATEST_BY_OFFSET(activity_id) AS activity_id,
  LATEST_BY_OFFSET(remediation->`desc`) AS response
FROM live_findings
GROUP BY finding_info->uid
EMIT CHANGES;

CREATE TABLE open_episodes AS
SELECT uid, tenant, severity, risk_score, response
FROM episodes
WHERE activity_id <> 3
EMIT CHANGES;
