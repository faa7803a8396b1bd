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

-- Delivery is at least once: the first of each (uid, activity, time) counts.
CREATE VIEW live_findings AS
SELECT *
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY `finding_info`.`uid`, `activity_id`, `time`
      ORDER BY `event_time`
    ) AS `repeat`
  FROM findings
)
WHERE `repeat` = 1
  AND `status_id` <> 3
  AND `finding_info`.`analytic`.`state_id` <> 3
  AND (`metadata`.`labels` IS NULL OR CARDINALITY(`metadata`.`labels`) = 0);

-- Tenants and campaigns that are open now, with their latest severity.
CREATE VIEW open_episodes AS
SELECT `uid`, `tenant`, `severity`, `risk_score`, `message`
FROM (
  SELECT
    `finding_info`.`uid` AS `uid`,
    `metadata`.`tenant_uid` AS `tenant`,
    `severity`,
    `risk_score`,
    `message`,
    `activity_id`,
    ROW_NUMBER() OVER (PARTITION BY `finding_info`.`uid` ORDER BY `time` DESC, `activity_id` DESC) AS `latest`
  FROM live_findings
)
WHERE `latest` = 1 AND `activity_id` <> 3;

SELECT
  TUMBLE_START(`event_time`, INTERVAL '1' HOUR) AS `hour`,
  `severity`,
  COUNT(*) AS `opened`
FROM findings
WHERE `is_alert` AND `status_id` <> 3
GROUP BY TUMBLE(`event_time`, INTERVAL '1' HOUR), `severity`;
