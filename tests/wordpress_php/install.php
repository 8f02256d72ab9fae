<?php
// Run once, before the server: the database, and a newsroom whose clock is not UTC.
define('WP_INSTALLING', true);
require __DIR__ . '/settings.php';
$database = new mysqli('localhost', DB_USER, DB_PASSWORD, '', 0, getenv('WORDPRESS_SOCKET'));
$database->query('CREATE DATABASE ' . DB_NAME);
function wp_new_blog_notification() {} // no mail about it
require ABSPATH . 'wp-settings.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Harbour & Coast', 'desk', 'desk@harbour.example', true, '', 'a password of the desk');
update_option('timezone_string', 'Asia/Seoul');
wp_update_user(['ID' => 1, 'display_name' => 'Ada Berg']);
echo get_bloginfo('version');
