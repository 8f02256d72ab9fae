<?php
// The tests' way in: they call any function of this WordPress by its name, as its administrator.

add_action('wp_loaded', function () {
    if (!hash_equals((string) getenv('WORDPRESS_DESK'), $_SERVER['HTTP_X_DESK'] ?? 'nobody')) {
        return;
    }
    require_once ABSPATH . 'wp-admin/includes/admin.php';
    wp_set_current_user(1);
    [$name, $arguments] = json_decode(file_get_contents('php://input'), true);
    $result = call_user_func_array($name, $arguments);
    wp_send_json(is_wp_error($result) ? ['error' => $result->get_error_message()] : ['result' => $result]);
});

// A newsroom whose REST API answers only those who log in, as several plugins make it.
add_filter('rest_authentication_errors', function ($so_far) {
    if ($so_far || !get_option('desk_closed') || is_user_logged_in()) {
        return $so_far;
    }
    return new WP_Error('rest_not_logged_in', 'You are not currently logged in.', ['status' => 401]);
});

// What an editor does while somebody turns the pages of a list: once, after the page named.
add_action('shutdown', function () {
    $waiting = get_option('desk_between');
    if ($waiting && ($_GET['page'] ?? '') === $waiting[0] && isset($_GET['_embed'])) {
        delete_option('desk_between');
        call_user_func_array($waiting[1], $waiting[2]);
    }
});

function desk_reset() {
    global $wpdb;
    foreach (['posts', 'postmeta', 'term_relationships', 'term_taxonomy', 'terms'] as $table) {
        $wpdb->query('TRUNCATE ' . $wpdb->$table);
    }
    foreach (['sticky_posts', 'desk_closed', 'desk_between', 'category_children'] as $option) {
        delete_option($option);
    }
    wp_cache_flush();
    update_option('default_category', wp_insert_term('Uncategorized', 'category')['term_id']);
    WP_Application_Passwords::delete_all_application_passwords(1);
}

function desk_permalinks($structure) {
    global $wp_rewrite;
    $wp_rewrite->set_permalink_structure($structure);
    flush_rewrite_rules(false);
}

// Put the picture of a post where an upload would: with the sizes WordPress makes of it.
function desk_picture($post) {
    $image = imagecreatetruecolor(1600, 900);
    ob_start();
    imagepng($image);
    $file = wp_upload_bits("picture-$post.png", null, ob_get_clean());
    $id = wp_insert_attachment(['post_mime_type' => 'image/png', 'post_title' => 'A picture'], $file['file'], $post);
    wp_update_attachment_metadata($id, wp_generate_attachment_metadata($id, $file['file']));
    set_post_thumbnail($post, $id);
}

// Write times into a post as an importer or a slow clock would, past all hooks.
function desk_times($post, $times) {
    global $wpdb;
    $wpdb->update($wpdb->posts, $times, ['ID' => $post]);
    clean_post_cache($post);
}

// Many posts of another year that were all saved again a moment ago, in the same second.
function desk_bulk($count) {
    $ids = [];
    for ($n = 1; $n <= $count; $n++) {
        $ids[] = wp_insert_post(['post_title' => "Story $n of many", 'post_content' => "<p>The words of story $n.</p>",
            'post_status' => 'publish', 'post_date' => '2024-05-01 12:00:00']);
    }
    desk_touch($ids);
    return $ids;
}

// Save posts again, all in the same second.
function desk_touch($ids) {
    $times = ['post_modified' => current_time('mysql'), 'post_modified_gmt' => current_time('mysql', 1)];
    foreach ($ids as $id) {
        desk_times($id, $times);
    }
}

// What "Tools: Export: All content" downloads.
function desk_export() {
    require_once ABSPATH . 'wp-admin/includes/export.php';
    ob_start();
    export_wp();
    return ob_get_clean();
}
