-- Findings as a table of Apache Flink (the Kafka SQL connector, format JSON), and how many alerts each hour opens.
-- Event time is the finding's own, so a replay gives the same rows.
CREATE TABLE findings (
  `activity_id` INT,
  `is_alert` BOOLEAN,
  `time` BIGINT,
  `start_time` BIGINT,
  `severity_id` INT,
  `severity` STRING,
  `status_id` INT,
  `risk_score` INT,
  `count` BIGINT,
  `message` STRING,
  `metadata` ROW<`tenant_uid` STRING, `correlation_uid` STRING, `labels` ARRAY<STRING>>,
  `finding_info` ROW<
    `uid` STRING,
    `title` STRING,
    `analytic` ROW<`uid` STRING, `state_id` INT>
  >,
  `remediation` ROW<`desc` STRING>,
  `resources` ARRAY<ROW<`uid` STRING, `data` ROW<`confidence_score` INT, `share` DOUBLE>>>,
  `unmapped` ROW<`evidence` DOUBLE, `threshold` DOUBLE, `content_seen` BOOLEAN, `accounts` INT>,
  `event_time` AS TO_TIMESTAMP_LTZ(`time`, 3),
  WATERMARK FOR `event_time` AS `event_time` - INTERVAL '5' MINUTE
) WITH (
  'connector' = 'kafka',
  'topic' = 'distillwatch-alerts',
  'properties.bootstrap.servers' = 'broker:9092',
  'properties.group.id' = 'flink-findings',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);

-- What may have consequences: neither suppressed nor experimental, nor of a backtest or a test.
CREATE VIEW live_findings AS
SELECT *
FROM findings
WHERE `status_id` <> 3
  AND `finding_info`.`analytic`.`state_id` <> 3
  AND (`metadata`.`labels` IS NULL OR CARDINALITY(`metadata`.`labels`) = 0);

-- Tenants and campaigns that are open now, with what was said last. A close is final, whatever is repeated after it.
CREATE VIEW open_episodes AS
SELECT `uid`, `tenant`, `severity`, `risk_score`, `message`
FROM (
  SELECT
    `finding_info`.`uid` AS `uid`,
    MAX(`metadata`.`tenant_uid`) AS `tenant`,
    LAST_VALUE(`severity`) AS `severity`,
    LAST_VALUE(`risk_score`) AS `risk_score`,
    LAST_VALUE(`message`) AS `message`,
    MAX(CASE WHEN `activity_id` = 3 THEN 1 ELSE 0 END) AS `closed`
  FROM live_findings
  GROUP BY `finding_info`.`uid`
)
WHERE `closed` = 0;

-- Alerts an hour. Delivery is at least once, so that episodes are counted and not findings.
SELECT
  TUMBLE_START(`event_time`, INTERVAL '1' HOUR) AS `hour`,
  `severity`,
  COUNT(DISTINCT `finding_info`.`uid`) AS `opened`
FROM live_findings
WHERE `is_alert`
GROUP BY TUMBLE(`event_time`, INTERVAL '1' HOUR), `severity`;
