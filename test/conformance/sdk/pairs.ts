/**
 * The SDK's own table from `status error_code` to an error class, and what this version does about each pair (spec/core.md §1.4). An SDK that
 * brings a new pair makes `unjudged` name it.
 */
import type { APIError } from "@anthropic-ai/sdk";

export type ErrorClass = abstract new (...args: never[]) => APIError;

/** The SDK types its table as internal, so it is looked up by name. */
export async function sdkPairs(): Promise<ReadonlyMap<string, ErrorClass>> {
  const module: object = await import("@anthropic-ai/sdk/core/error-classes");
  const table: unknown = Reflect.get(module, "ERROR_CODE_CLASSES");
  if (!(table instanceof Map) || table.size === 0) throw new Error("the SDK's table of error classes has moved");
  return table;
}

/** Pairs that nothing here can come to, by reason. */
const OUT_OF_REACH: [reason: string, pairs: string][] = [
  [
    "belongs to the Admin API (members, invites, keys, workspaces, roles), which a runtime of one's own does not have",
    `400 already_member, 400 cannot_invite_emails_with_unverified_domains, 400 cannot_remove_last_member,
     400 cannot_sign_out_primary_owner, 400 cannot_sign_out_self, 400 email_domain_not_allowed, 400 invite_already_exists,
     400 key_profile_mismatch, 400 org_api_key_limit_exceeded, 400 org_member_limit_exceeded, 400 organization_type_not_supported,
     400 parent_organization_required, 400 rbac_group_grants_owner_access, 400 rbac_group_order_limit_exceeded,
     400 rbac_group_owner_access_unconfirmed, 400 workspace_api_key_limit_exceeded, 400 workspace_member_limit_exceeded,
     400 workspace_policy_violation, 403 cannot_sign_out_managed_member, 403 cannot_sign_out_membership_admin,
     403 cannot_sign_out_owner, 403 cannot_sign_out_privileged_member, 403 spend_limits_admin_api_writes_not_enabled,
     404 rbac_group_managed_settings_not_found, 404 rbac_group_not_found, 404 rbac_role_not_found,
     409 concurrent_membership_change`,
  ],
  [
    "belongs to Claude Code's and Claude Tag's settings, which are other products",
    `400 bundle_attachment_not_supported, 400 bundle_on_call, 400 claude_code_key_creator_not_member, 400 claude_code_version_too_old,
     400 scan_failed, 400 settings_document_limit_exceeded, 400 settings_history_limit_exceeded,
     400 slack_channel_set_up_settings_refused, 403 api_key_scope_missing, 403 claude_tag_writes_not_enabled,
     403 compliance_configuration_restricted, 403 organization_level_scoped_api_key_required,
     404 slack_channel_set_up_environment_not_found, 409 plugin_name_taken, 409 scan_pending, 409 skill_name_taken,
     409 slack_channel_set_up_settings_conflict, 503 registration_pending`,
  ],
  [
    "is about customer-managed encryption keys, of which there are none here",
    `400 cmek_feature_unsupported, 400 cmek_key_disabled, 400 cmek_key_network_blocked, 400 external_key_in_workspace_policy,
     400 external_key_validation_failed, 400 external_key_validation_timed_out, 409 external_key_changed,
     409 skill_read_blocked_undecryptable, 503 cmek_context_unavailable, 503 cmek_key_unreachable`,
  ],
  [
    "is an answer of the Messages API, which this version does not serve; what a model's endpoint answers becomes a session.error",
    `400 available_tools_limit_exceeded, 400 compaction_block_ambiguous, 400 compaction_block_misplaced,
     400 compaction_content_mismatch, 400 compaction_incomplete_turn, 400 compaction_nothing_to_summarize,
     400 compaction_signature_invalid, 400 compaction_too_many_tool_references, 400 compaction_tool_changes_mismatch,
     400 image_dimensions_too_large, 400 thread_already_continued, 400 thread_continue_in_flight, 400 thread_fingerprint_mismatch,
     400 thread_unsupported_request, 400 tool_name_conflict, 400 tool_reference_unresolved, 404 thread_not_found,
     529 compaction_unavailable`,
  ],
  [
    "is a measure that Anthropic takes against an organization: holds, betas, linked billing, contracts, ramps",
    `400 organization_not_enrolled_in_beta, 400 organization_on_hold, 402 linked_organization_billing_unavailable,
     402 linked_organization_spend_limit_reached, 403 environment_create_disabled, 403 environment_update_disabled,
     429 contract_spend_limit_reached, 429 enforced_spend_limit_reached, 429 ramp_limit_exceeded`,
  ],
  [
    "belongs to files, which this version does not have",
    "400 file_not_downloadable, 400 storage_quota_exceeded, 404 file_expired",
  ],
  [
    "belongs to user profiles, which this version does not have",
    `400 user_profile_not_found, 400 user_profile_required, 403 user_profile_billing_not_authorized,
     403 user_profile_not_billable`,
  ],
  [
    "belongs to the work queue of self-hosted environments, which this version does not have",
    "412 heartbeat_precondition_failed",
  ],
  ["is for calls out of a sandbox; the machine of this version has no network at all", "403 sandbox_egress_restricted"],
];

/** Pairs that came with SDK 1.13 and 1.14, by reason. */
const SINCE_1_12: typeof OUT_OF_REACH = [
  [
    "belongs to the Admin API (storage of one's own, encryption keys, workspaces, Google Cloud projects, approvals), which a runtime of one's own does not have",
    `400 approval_required, 400 cmek_not_approved, 400 external_key_not_found, 400 external_key_provider_mismatch,
     400 external_storage_in_use, 400 external_storage_in_workspace_policy, 400 external_storage_not_available,
     400 gcp_project_not_verified, 400 grant_required, 400 human_review_not_available, 400 human_review_on_with_external_storage,
     400 invalid_storage_arn, 400 organization_not_eligible, 400 provider_not_allowed, 400 region_not_supported,
     400 storage_attach_limit_reached, 400 storage_not_approved, 400 storage_not_attachable, 400 storage_profile_mismatch,
     400 storage_profile_still_required, 400 storage_verification_failed, 400 transcripts_storage_required, 400 unsupported_region,
     409 gcp_project_controlled_by_another_organization, 409 storage_already_registered, 409 storage_attached_during_archive,
     409 storage_changed_concurrently, 409 storage_in_use, 409 workspace_changed_concurrently, 503 authorization_check_unavailable,
     503 change_outcome_unknown, 503 workspace_created_incomplete`,
  ],
  ["is an answer of Message Batches, which this version does not serve", "400 workspace_human_review_disabled"],
];

const KNOWN = process.env.SDK_VERSION === "1.12.0" ? OUT_OF_REACH : [...OUT_OF_REACH, ...SINCE_1_12];

/** Each pair that is out of reach, and why. */
export const CANNOT_BE_RAISED: ReadonlyMap<string, string> = new Map(
  KNOWN.flatMap(([reason, pairs]) => pairs.split(",").map((pair): [string, string] => [pair.trim(), reason])),
);

/** What is wrong with a judgement of the table: pairs that nobody judged, that two did, and that the table does not have. */
export function misjudged(table: Iterable<string>, raised: Iterable<string>, out: Iterable<string>): string[] {
  const known = new Set(table);
  const judged = [...raised, ...out];
  return [
    ...[...known].filter((pair) => !judged.includes(pair)).map((pair) => `${pair}: not judged`),
    ...judged.filter((pair, i) => judged.indexOf(pair) !== i).map((pair) => `${pair}: judged twice`),
    ...judged.filter((pair) => !known.has(pair)).map((pair) => `${pair}: not in the SDK's table`),
  ];
}
